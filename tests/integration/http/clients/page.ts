// A page with a stock socket.io-client that remembers where it is: it says the numbers it is told as JSON lines. A line
// of its input is where to connect next, `drop`, which breaks the connection, or `token ` and one that goes on where the
// other ends; the end of the input is the end.

import { createInterface } from "node:readline";
import { io, type Socket } from "socket.io-client";

let [token = ""] = process.argv.slice(2);
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

function renew(next: string): void {
  token = next;
  socket?.emit("token", { token });
}

function obey(line: string): void {
  if (line === "drop") socket?.io.engine.close();
  else if (line.startsWith("token ")) renew(line.slice("token ".length));
  else connect(line);
}

createInterface({ input: process.stdin })
  .on("line", obey)
  .on("close", () => socket?.disconnect());
