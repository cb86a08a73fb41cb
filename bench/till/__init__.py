"""The till in a slow Chromium: 20,000 and 100,000 products, real server, real agent.

The page is the one that sells, enrolled through its own door; the profile is kept on disk, so that
the cold start is that of a browser opened anew without a network.
"""
