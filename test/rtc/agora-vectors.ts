// Known Agora tokens: V1 to V5 are published by AgoraIO/Tools, S1 to S3 are for voice rooms.
import type { AgoraService } from './decode-agora-token.ts';

/** The app of all vectors, from Agora's own tests; it gives access to nothing. */
export const vectorApp = {
  appId: '970CA35de60c44645bbae8a215061b33',
  appCertificate: '5CFd2fd1755d40ecb72977518be15d3b',
} as const;

export interface AgoraVector {
  readonly name: string;
  readonly token: string;
  readonly signature: string;
  readonly issueTs: number;
  readonly expire: number;
  readonly salt: number;
  readonly services: readonly AgoraService[];
}

const published = { issueTs: 1_111_111, expire: 600, salt: 1 } as const;
const channel = '7d72365eb983485397e3e3f9d460bdda';
const uid = '2882341273';

export const publishedVectors: readonly AgoraVector[] = [
  {
    ...published,
    name: 'V1 RTC, join',
    token:
      '007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj',
    signature: '16a0b84c5a5e82cbf74fb813d09f59c54bdac9c06120580539ac97578e958b1a',
    services: [{ type: 1, privileges: [[1, 600]], texts: [channel, uid] }],
  },
  {
    ...published,
    name: 'V2 RTC, join, uid 0',
    token:
      '007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcwMk4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo=',
    signature: 'dcc4af9e4a04268e083f1fecd1daf9be33c860de592d6a2ca2b0306b9603633c',
    services: [{ type: 1, privileges: [[1, 600]], texts: [channel, ''] }],
  },
  {
    ...published,
    name: 'V3 RTC with all privileges, and RTM',
    token:
      '007eJxTYOAQsrQ5s3TfH+1tvy8zZZ46EpCc0V43JXdGd2jS8porKo4KDJbmBs6OxqYpqWYGySYmZiamSUmJqRaJRoamBmaGScbG7l8EGCKYGBgYGRgYmBgYGVgYGMF8JjDJDCZZwKQCg3mKuZGxmWlqkqWFsYmFqbGleapxqnGaZYqJmUFSSkoiF4ORhYWRsYmhkbkxyCyISZwMJanFJfGlxalFACKnKng=',
    signature: '0812393ccca5befc2bb6fbd30269cac4506368877e946d988b5562a77cd42441',
    services: [
      {
        type: 1,
        privileges: [
          [1, 600],
          [2, 600],
          [3, 600],
          [4, 600],
        ],
        texts: [channel, uid],
      },
      { type: 2, privileges: [[1, 600]], texts: ['test_user'] },
    ],
  },
  {
    ...published,
    name: 'V4 chat user',
    token:
      '007eJxTYNAIsnbS3v/A5t2TC6feR15r+6cq8bqAvfaW+tk/Vzz+p6xTYLA0N3B2NDZNSTUzSDYxMTMxTUpKTLVINDI0NTAzTDI2dv8iwBDBxMDAyADCrAyMDIxgPheDkYWFkbGJoZG5MQAfpR64',
    signature: '28523b422bbfe03ceee4d0caef59d686fe2518eb70077dda27cdfcd448ff64ae',
    services: [{ type: 5, privileges: [[1, 600]], texts: [uid] }],
  },
  {
    ...published,
    name: 'V5 chat app',
    token:
      '007eJxTYNDNaz3snC8huEfHWdz6s98qltq4zqy9fl99Uh0FDvy6F6DAYGlu4OxobJqSamaQbGJiZmKalJSYapFoZGhqYGaYZGzs/kWAIYKJgYGRAYRZGRgZmMB8BgYArfIYaw==',
    signature: '2d6e85c3436f1811bc2c43173bf34eaa047d5e896abd4ef54c654110c0fade50',
    services: [{ type: 5, privileges: [[2, 600]], texts: [''] }],
  },
];

/** V1 inflated: the bytes of a token, signature included. */
export const contentOfV1 =
  '200016a0b84c5a5e82cbf74fb813d09f59c54bdac9c06120580539ac97578e958b1a' +
  '2000393730434133356465363063343436343562626165386132313530363162333347f41000580200000100000001000100010001005802000020003764373233363565623938333438353339376533653366396434363062646461' +
  '0a0032383832333431323733';

const voiceRoom = { issueTs: 1_700_000_000, expire: 900, salt: 12_345_678 } as const;
const texts = ['room-1', '1001'];

export const subscriberVector: AgoraVector = {
  ...voiceRoom,
  name: 'S1 subscriber',
  token:
    '007eJxTYGD6IHQn3NWUJ1rI4HL5eg61paEX/n7dUFGnmOfd0rtHj1eBwdLcwNnR2DQl1cwg2cTEzMQ0KSkx1SLRyNDUwMwwydiY4WNwagszA4Nf4h4GRigE8dkYivLzc3UNWRgMDQwMASmHHVI=',
  signature: '02f012dc5745350c5b1230d377af0826a555d0fdf5b0787e216e4b848dbc2e0d',
  services: [{ type: 1, privileges: [[1, 900]], texts }],
};

export const publisherVector: AgoraVector = {
  ...voiceRoom,
  name: 'S2 audio-only publisher',
  token:
    '007eJxTYLA/8/puQkME85p/t/6zrlpxVnT61dQpcx+9FbmiEer58vhRBQZLcwNnR2PTlFQzg2QTEzMT06SkxFSLRCNDUwMzwyRjY4aPwaktzAwMfol7GBgZGBmYGBgZQHwmMMnGUJSfn6tryMJgaGBgCACwqSLV',
  signature: '3fccebdd60805803acfedaff05aaa8cd1597d565949de2ed14d4285549e9c7c5',
  services: [
    {
      type: 1,
      privileges: [
        [1, 900],
        [2, 900],
      ],
      texts,
    },
  ],
};

/** The token that the package's own builders make for a publisher, with video and data. This server never makes it. */
export const videoPublisherVector: AgoraVector = {
  ...voiceRoom,
  name: 'S3 publisher with video and data',
  token:
    '007eJxTYHghItm18nvsXo/7H18fYDgdpjYx/I+Mo1tWgbTia6kZmW4KDJbmBs6OxqYpqWYGySYmZiamSUmJqRaJRoamBmaGScbGDB+DU1uYGRj8EvcwMDIwMrAAMYjPBCaZwSQLmGRjKMrPz9U1ZGEwNDAwBADwcCB6',
  signature: 'e814198aa9f75dbd48dff1ebc000cb56269157fc1c41466a701b21eb1a986946',
  services: [
    {
      type: 1,
      privileges: [
        [1, 900],
        [2, 900],
        [3, 900],
        [4, 900],
      ],
      texts,
    },
  ],
};
