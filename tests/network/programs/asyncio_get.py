"""Prints what is at a URL, with asyncio's streams. Arguments: the URL, and a certificate authority's file."""
import asyncio
import ssl
import sys
import urllib.parse


async def get(url, authority):
    parts = urllib.parse.urlsplit(url)
    context = ssl.create_default_context(cafile=authority) if parts.scheme == "https" else None
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context)
    writer.write(f"GET {parts.path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
    sys.stdout.buffer.write(await reader.readexactly(int(length.split()[1])))
    writer.close()


asyncio.run(get(sys.argv[1], sys.argv[2]))
