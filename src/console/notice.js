// The notice line: the last problem, or the last news.
// @ts-check
import { byId } from './dom.js';
import { problemText } from './text.js';

/**
 * @param {string} text
 * @param {string} [code]
 */
export function showNotice(text, code = '') {
  byId('notice-code').textContent = code;
  byId('notice-text').textContent = text;
  byId('notice').dataset.tone = code ? 'problem' : 'news';
  byId('notice').hidden = false;
}

export function hideNotice() {
  byId('notice').hidden = true;
}

/** @param {import('./answer.js').Problem} problem */
export const showProblem = (problem) => showNotice(problemText(problem), problem.code);

/** @param {import('./answer.js').Answer} answer */
export function showRefusal(answer) {
  if (!answer.ok) showProblem(answer.error);
}
