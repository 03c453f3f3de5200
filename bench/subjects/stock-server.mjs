// The baseline: Socket.IO as in its documentation, with @socket.io/redis-adapter and `io.to(room).emit` for each event.
// It speaks as much of Maiwei's protocol as the load client needs, without tokens, state or rules.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const { PORT, REDIS_URL, DEFLATE } = process.env;
const publisher = new Redis(REDIS_URL);
const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publisher, publisher.duplicate()),
  ...(DEFLATE === '1' ? { perMessageDeflate: true } : {}),
});

io.on('connection', (socket) => {
  const enter = ({ roomId }, ack) => {
    socket.join(roomId);
    ack?.({ ok: true, data: {} });
  };
  socket.on('room:create', enter);
  socket.on('room:join', enter);
  socket.on('echo', (payload, ack) => ack({ ok: true, data: payload }));
  socket.on('message:send', ({ roomId, kind, body }, ack) => {
    const { userId = socket.id } = socket.handshake.auth;
    const messageId = randomBytes(16).toString('base64url');
    const message = { messageId, kind, from: { userId, name: userId, avatar: '' }, at: Date.now(), body };
    io.to(roomId).emit('room:messages', { roomId, messages: [message] });
    ack?.({ ok: true, data: { messageId, at: message.at } });
  });
});

http.listen(Number(PORT), '127.0.0.1', () => process.stdout.write('The server is listening\n'));
