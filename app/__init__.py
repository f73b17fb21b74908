"""The web application and its workers. Start reading at :func:`app.factory.create_app`."""
