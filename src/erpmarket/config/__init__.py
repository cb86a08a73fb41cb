"""How the rooms are put together: settings, URLs, servers, periodic work."""
