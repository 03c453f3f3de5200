// The floor: Node's HTTP server, a WebSocket upgrade by hand, and for each event one prepared frame written to each
// connection's socket. It has one room, only the few acks that the load client needs, no limits and no heartbeat.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A client that waits for pings waits for this time: until after the bench. */
const PING_INTERVAL_MS = 3_600_000;

const members = [];
const http = createServer((_request, response) => response.end());

http.on('upgrade', (request, socket) => {
  const accept = createHash('sha1')
    .update(request.headers['sec-websocket-key'] + WEBSOCKET_GUID)
    .digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.setNoDelay(true);
  const sid = randomBytes(9).toString('base64url');
  socket.write(
    frameOf(
      `0${JSON.stringify({ sid, upgrades: [], pingInterval: PING_INTERVAL_MS, pingTimeout: 20_000, maxPayload: 1e6 })}`,
    ),
  );
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let frame = firstFrame(rest); frame; frame = firstFrame(rest)) {
      rest = rest.subarray(frame.bytes);
      onText(socket, frame.text);
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    const index = members.indexOf(socket);
    if (index >= 0) members.splice(index, 1);
  });
});

function onText(socket, text) {
  if (text.startsWith('40')) return socket.write(frameOf(`40${JSON.stringify({ sid: 'floor' })}`));
  const [, ackId, json] = /^42(\d*)(\[.*)$/s.exec(text) ?? [];
  if (json === undefined) return;
  const [event, payload] = JSON.parse(json);
  if (event === 'message:send') tell(payload);
  else members.push(socket);
  if (ackId) socket.write(frameOf(`43${ackId}[{"ok":true,"data":{}}]`));
}

function tell({ roomId, kind, body }) {
  const messageId = randomBytes(16).toString('base64url');
  const message = { messageId, kind, from: { userId: 'host-0', name: 'host-0', avatar: '' }, at: Date.now(), body };
  const frame = frameOf(`42${JSON.stringify(['room:messages', { roomId, messages: [message] }])}`);
  for (const member of members) member.write(frame);
}

function frameOf(text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  const header = length < 126 ? Buffer.from([0x81, length]) : Buffer.from([0x81, 126, length >> 8, length & 255]);
  return Buffer.concat([header, payload]);
}

/** The first complete frame of a client, unmasked; null while it is incomplete. */
function firstFrame(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1] & 0x7f;
  const header = short === 126 ? 4 : 2;
  if (short === 127) throw new Error('no client of the bench sends frames of 64 KiB');
  if (bytes.length < header + 4) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const start = header + 4;
  if (bytes.length < start + length) return null;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  for (let index = 0; index < length; index++) payload[index] ^= bytes[header + (index & 3)];
  return { bytes: start + length, text: payload.toString() };
}

http.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write('The server is listening\n'));
