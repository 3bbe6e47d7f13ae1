"""Prints what is at a URL. Arguments: the URL, and a certificate authority's file."""
import sys

import requests

sys.stdout.buffer.write(requests.get(sys.argv[1], verify=sys.argv[2], timeout=60).content)
