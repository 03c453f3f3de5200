// Preloaded into every server under test (`node --import`): tells the bench what the process has used. Must not know
// which server it is in.
if (process.send) {
  process.on('message', ({ id, isCollecting }) => {
    // Twice: what the first collection lets go of may have held more.
    if (isCollecting) for (let round = 0; round < 2; round++) globalThis.gc?.();
    const cpu = process.cpuUsage();
    process.send({
      id,
      cpuUs: cpu.user + cpu.system,
      atNs: String(process.hrtime.bigint()),
      memory: process.memoryUsage(),
    });
  });
  // A bench that was broken off leaves nothing running.
  process.on('disconnect', () => process.exit());
  // The channel must not keep a server alive that has nothing else to do.
  process.channel.unref();
}
