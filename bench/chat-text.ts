// The text of a measured message: its number and the time of sending, then ordinary words, so that compression works on
// realistic text.

/** One measured event that was found in a received packet. */
export interface Marked {
  readonly seq: number;
  /** By the machine's monotonic clock. */
  readonly sentAtMs: number;
}

const sentences = [
  '大家晚上好，欢迎新来的朋友',
  'hello from Lagos, great voice!',
  '这首歌太好听了，再来一首吧',
  'kapan mulai PK-nya kak?',
  'can the next singer take seat 4 please',
  '主播今天的状态真不错，点赞点赞',
  'مساء الخير يا جماعة',
  'who is the admin tonight? my mic is muted',
  '麦上几位都是老朋友了吧哈哈哈',
  'obrigado pelo presente, um abraço',
  'first time here and I already love it',
  '听不到三号麦的声音，是我网络的问题吗',
];

const MARK = /#(\d+)@(\d+\.\d{3})/g;

export const chatText = ({ seq, sentAtMs }: Marked): string =>
  `#${seq}@${sentAtMs.toFixed(3)} ${sentences[seq % sentences.length]}`;

/** Every measured event in a packet's text, in order. */
export const findMarks = (text: string): Marked[] =>
  [...text.matchAll(MARK)].map(([, seq, sentAtMs]) => ({ seq: Number(seq), sentAtMs: Number(sentAtMs) }));
