// Preloaded into a server (`node --import`): on SIGWINCH its wall clock jumps by CLOCK_SHIFT_MS, on the next one back.
const shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const RealDate = Date;
let isShifted = false;

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(globalThis.Date.now());
    else super(...args);
  }

  static now() {
    return RealDate.now() + (isShifted ? shiftMs : 0);
  }
};

process.on('SIGWINCH', () => {
  isShifted = !isShifted;
});
