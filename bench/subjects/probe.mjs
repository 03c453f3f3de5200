// Preloaded into every server under test (`node --import`): reports what the process has used.
if (process.send) {
  process.on('message', ({ id, isCollecting }) => {
    // Twice: objects that the first collection releases may have held more.
    if (isCollecting) for (let round = 0; round < 2; round++) globalThis.gc?.();
    const cpu = process.cpuUsage();
    process.send({
      id,
      cpuUs: cpu.user + cpu.system,
      atNs: String(process.hrtime.bigint()),
      memory: process.memoryUsage(),
    });
  });
  // An aborted bench leaves nothing running.
  process.on('disconnect', () => process.exit());
  // The channel must not keep an otherwise finished server alive.
  process.channel.unref();
}
