"""Prints what is at a URL. Arguments: the URL, and a certificate authority's file."""
import ssl
import sys
import urllib.request

context = ssl.create_default_context(cafile=sys.argv[2]) if sys.argv[1].startswith("https") else None
with urllib.request.urlopen(sys.argv[1], context=context) as response:
    sys.stdout.buffer.write(response.read())
