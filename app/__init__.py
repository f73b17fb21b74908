"""The web application and its workers; :func:`app.factory.create_app` joins them."""
