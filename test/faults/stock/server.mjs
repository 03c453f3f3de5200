// The baseline: a voice room as commonly written with Socket.IO and @socket.io/redis-adapter. Its handlers set and
// delete seats in a Redis hash and emit to the room. It has no leases, no versions and no log.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const { PORT, REDIS_URL } = process.env;
const WATCH_EACH_MS = 500;
const WORTH_TELLING_RATIO = 1.05;
const redis = new Redis(REDIS_URL);
const publisher = new Redis(REDIS_URL);
const subscriber = publisher.duplicate();
for (const one of [redis, publisher, subscriber]) one.on('error', () => undefined);
const http = createServer();
const io = new Server(http, { adapter: createAdapter(publisher, subscriber) });

io.on('connection', (socket) => {
  const { userId } = socket.handshake.auth;
  const ownSeats = new Map();
  socket.on('join', async ({ roomId }, ack) => {
    socket.join(roomId);
    ack({ seats: await redis.hgetall(`seats:${roomId}`) });
  });
  socket.on('take', async ({ roomId, seat }, ack) => {
    const isTaken = (await redis.hsetnx(`seats:${roomId}`, String(seat), userId)) === 0;
    if (isTaken && (await redis.hget(`seats:${roomId}`, String(seat))) !== userId) return ack({ ok: false });
    ownSeats.set(roomId, seat);
    io.to(roomId).emit('taken', { seat, userId });
    ack({ ok: true });
  });
  socket.on('beat', ({ roomId, number }) => io.to(roomId).emit('beat', { number }));
  socket.on('disconnect', async () => {
    for (const [roomId, seat] of ownSeats) {
      await redis.hdel(`seats:${roomId}`, String(seat));
      io.to(roomId).emit('left', { seat, userId });
    }
  });
});

// Like watch-sockets.mjs for sockets: engine.io keeps its own queue.
let most = 0;
setInterval(() => {
  for (const { writeBuffer } of Object.values(io.engine.clients)) {
    const bytes = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    if (bytes <= most * WORTH_TELLING_RATIO) continue;
    most = bytes;
    process.stdout.write(`watch: ${most} bytes wait\n`);
  }
}, WATCH_EACH_MS).unref();

process.on('unhandledRejection', () => undefined);
http.listen(Number(PORT), '127.0.0.1', () => process.stdout.write('The stock server is listening\n'));
