"""The quality task: which coding has the sound been through?"""
