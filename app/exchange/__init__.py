"""In and out: the predecessors' spreadsheets come in, everything can be taken out."""
