// Prints what is at a URL. The authority is NODE_EXTRA_CA_CERTS.
const axios = require("axios");

axios.get(process.argv[2], { responseType: "arraybuffer" })
	.then((response) => process.stdout.write(Buffer.from(response.data)))
	.catch((error) => {
		console.error(error.message);
		process.exit(1);
	});
