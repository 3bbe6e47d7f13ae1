// Serves the files of the current directory. Arguments: the port and the address.
import { createReadStream } from "node:fs";
import { createServer } from "node:http";

const server = createServer((request, response) => createReadStream("." + request.url).pipe(response));
server.listen(Number(process.argv[2]), process.argv[3], () => console.log("listening"));
