// Prints what is at a URL. The authority is NODE_EXTRA_CA_CERTS.
const response = await fetch(process.argv[2]);
process.stdout.write(Buffer.from(await response.arrayBuffer()));
