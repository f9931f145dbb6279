// A page with a stock socket.io-client that remembers where it is: it says the numbers it is told as JSON lines. A line
// of its input is where to connect next, or `drop`, which breaks the connection; the end of the input is the end.

import { createInterface } from "node:readline";
import { io, type Socket } from "socket.io-client";

const [token = ""] = process.argv.slice(2);
let last: number | undefined;
let socket: Socket | undefined;

function say(event: string, number: number | null): void {
  console.log(JSON.stringify({ event, number }));
}

function connect(url: string): void {
  socket?.disconnect();
  socket = io(url, {
    transports: ["websocket"],
    forceNew: true,
    auth: (give) => give({ token, client: "frontend", ...(last === undefined ? {} : { last_event: last }) }),
  });
  socket.on("connect", () => say("connect", null));
  socket.onAny((event: string, said: { number?: number | null }) => {
    if (typeof said.number === "number") {
      last = said.number;
      say(event, said.number);
    }
  });
}

createInterface({ input: process.stdin })
  .on("line", (line) => (line === "drop" ? socket?.io.engine.close() : connect(line)))
  .on("close", () => socket?.disconnect());
