// `npm run token -- --user alice`: a development token from the server that runs on this machine.
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    user: { type: 'string' },
    name: { type: 'string' },
    url: { type: 'string', default: `http://127.0.0.1:${process.env.PORT ?? 3000}` },
  },
});
if (!values.user) {
  process.stderr.write('usage: npm run token -- --user alice [--name Alice] [--url http://127.0.0.1:3000]\n');
  process.exit(2);
}
const response = await fetch(`${values.url}/v1/dev/token`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ userId: values.user, ...(values.name ? { name: values.name } : {}) }),
}).catch(() => null);
const answer = await response?.json();
if (!answer?.ok) {
  process.stderr.write(`${answer ? answer.error.message : `no server in development mode at ${values.url}`}\n`);
  process.exit(1);
}
process.stdout.write(`${answer.data.token}\n`);
