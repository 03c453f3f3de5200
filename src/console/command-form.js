// A form for any command that the server describes: fields from its schema, the answer, and the last answers.
// @ts-check
import { newCommandId } from './command-id.js';
import { commandsOf, payloadOf } from './command-schema.js';
import { byId, el, fieldById, fill } from './dom.js';
import { clockTime, problemText, redact } from './text.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./command-schema.js').CommandDescription} CommandDescription */
/** @typedef {import('./command-schema.js').Field} Field */
/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Input */

const HISTORY_MAX = 10;

/** @param {(name: string, payload: Record<string, unknown>, receive: (answer: Answer) => void) => void} send */
export function createCommandForm(send) {
  const choice = fieldById('command-name');
  /** @type {CommandDescription[]} */
  let commands = [];
  let roomId = '';

  choice.addEventListener('change', drawFields);
  byId('command').addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });

  const fieldsNow = () => commands.find(({ name }) => name === choice.value)?.fields ?? [];

  /** Draws the fields of the chosen command; values for fields of the same name stay. */
  function drawFields() {
    const fields = fieldsNow();
    const old = valuesOf();
    fill(byId('command-fields'), ...fields.map(fieldRow));
    for (const { name, kind, isRequired } of fields) {
      // A new room has another id than the room of the page.
      const value = name === 'roomId' ? (isRequired ? old.roomId || roomId : '') : old[name];
      const keeps = ['text', 'number'].includes(kind) && name !== 'commandId';
      if (keeps && typeof value === 'string') inputOf(name).value = value;
    }
  }

  function submit() {
    const { payload, problems } = payloadOf(fieldsNow(), valuesOf());
    for (const { name } of fieldsNow()) tellProblem(name, problems[name] ?? '');
    const [wrong] = Object.keys(problems);
    const name = choice.value;
    if (wrong !== undefined) {
      showOutcome(`${name}: not sent, because of ${Object.keys(problems).join(', ')}`, 'problem');
      return inputOf(wrong).focus();
    }
    showOutcome(`${name}: sent…`, 'plain');
    send(name, payload, (answer) => showAnswer(name, answer));
  }

  return {
    /** @param {Record<string, any>} document */
    describe(document) {
      const before = choice.value;
      commands = commandsOf(document);
      const nouns = [...new Set(commands.map(({ name }) => nounOf(name)))];
      const options = (/** @type {string} */ noun) =>
        commands.flatMap(({ name }) => (nounOf(name) === noun ? el('option', { value: name }, name) : []));
      fill(choice, ...nouns.map((noun) => el('optgroup', { label: noun }, ...options(noun))));
      if (commands.some(({ name }) => name === before)) choice.value = before;
      drawFields();
    },
    /**
     * Fills in the id of the page's room, unless the user wrote another one.
     * @param {string} next
     */
    enter(next) {
      const input = document.getElementById('command-field-roomId');
      const isOurs = input instanceof HTMLInputElement && input.ariaRequired === 'true';
      if (isOurs && ['', roomId].includes(input.value)) input.value = next;
      roomId = next;
    },
  };
}

/** @param {string} name */
const nounOf = (name) => name.split(':')[0] ?? '';

/** @param {string} name */
const inputOf = (name) => /** @type {Input} */ (byId(`command-field-${name}`));

/** The values of the inputs. */
function valuesOf() {
  const inputs = /** @type {NodeListOf<Input>} */ (byId('command-fields').querySelectorAll('[name]'));
  return Object.fromEntries(
    Array.from(inputs, (input) => [
      input.name,
      input instanceof HTMLInputElement && input.type === 'checkbox' ? input.checked : input.value,
    ]),
  );
}

/** @param {Field} field */
function fieldRow(field) {
  const { name, kind, isRequired, hint } = field;
  const id = `command-field-${name}`;
  const label = el(
    'label',
    { for: id },
    name,
    isRequired ? el('span', { class: 'needed', title: 'needed' }, ' *') : null,
  );
  const input = inputFor(field, id);
  const makesIds = name === 'commandId';
  return el(
    'div',
    { class: `field ${kind}` },
    label,
    makesIds ? el('div', { class: 'joined' }, input, newIdButton()) : input,
    el('p', { id: `${id}-hint`, class: 'hint' }, hint),
    el('p', { id: `${id}-problem`, class: 'problem', testid: `${id}-problem`, hidden: true }),
  );
}

/**
 * @param {Field} field
 * @param {string} id
 */
function inputFor({ name, kind, isRequired, options }, id) {
  const about = `${id}-hint ${id}-problem`;
  const properties = { id, name, testid: id, 'aria-required': String(isRequired), 'aria-describedby': about };
  const plain = { ...properties, autocomplete: 'off', spellcheck: 'false' };
  switch (kind) {
    case 'select':
      return el('select', properties, ...options.map((value) => el('option', { value }, value || '(not sent)')));
    case 'json':
      return el('textarea', { ...plain, rows: 2 });
    case 'checkbox':
      return el('input', { ...properties, type: 'checkbox' });
    case 'secret':
      return el('input', { ...plain, type: 'password', autocomplete: 'new-password' });
    case 'number':
      return el('input', { ...plain, inputmode: 'decimal' });
    default:
      return el('input', plain);
  }
}

function newIdButton() {
  const onclick = () => {
    inputOf('commandId').value = newCommandId();
  };
  return el('button', { type: 'button', class: 'small', testid: 'command-new-id', onclick }, 'New id');
}

/**
 * @param {string} name
 * @param {string} problem
 */
function tellProblem(name, problem) {
  const place = byId(`command-field-${name}-problem`);
  place.textContent = problem;
  place.hidden = problem === '';
  inputOf(name).setAttribute('aria-invalid', String(problem !== ''));
}

/**
 * The outcome of the last command, in one line that screen readers read out.
 * @param {string} line
 * @param {'good' | 'problem' | 'plain'} tone
 */
function showOutcome(line, tone) {
  const outcome = byId('command-outcome');
  outcome.textContent = line;
  outcome.dataset.tone = tone;
  byId('command-answer').hidden = true;
}

/**
 * Shows the answer in one line, in full, and as the newest of the last answers.
 * @param {string} name
 * @param {Answer} answer
 */
function showAnswer(name, answer) {
  const line = answer.ok ? `${name}: ok` : `${name}: ${answer.error.code}. ${problemText(answer.error)}`;
  const whole = JSON.stringify(answer, redact, 2);
  showOutcome(line, answer.ok ? 'good' : 'problem');
  byId('command-answer').textContent = whole;
  byId('command-answer').hidden = false;
  const history = byId('command-history');
  history.prepend(
    el(
      'li',
      { class: answer.ok ? 'entry ack' : 'entry refused', testid: 'command-past' },
      el(
        'details',
        {},
        el(
          'summary',
          {},
          el('span', { class: 'entry-time' }, clockTime(Date.now())),
          el('span', { class: 'entry-text' }, line),
        ),
        el('pre', {}, whole),
      ),
    ),
  );
  while (history.children.length > HISTORY_MAX) history.lastElementChild?.remove();
}
