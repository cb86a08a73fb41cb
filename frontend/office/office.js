// @ts-check
/** The back office: htmx under a strict content policy, fields that understand money and RUTs, toasts. */

import Alpine from '@alpinejs/csp';
import htmx from 'htmx.org';
import { cashCount } from './cash_count.js';
import { watchFields } from './fields.js';
import { watchLabels } from './labels.js';
import { watchPicks } from './picks.js';
import { watchRolls } from './rolls.js';
import { watchSteppers } from './steppers.js';
import { toast, wireHtmx } from './wiring.js';

// Before the guard against double taps, which leaves alone what was taken here.
watchLabels(document, (text) => toast(document, text));
watchRolls(document, (text) => toast(document, text));
wireHtmx(htmx, document);
watchFields(document);
watchPicks(document);
watchSteppers(document);
document.addEventListener('click', (event) => {
  if (/** @type {HTMLElement} */ (event.target).closest('[data-print]')) window.print();
});
// Where a row of tabs is wider than the screen, the one we are on is seen.
for (const here of document.querySelectorAll('.pills [aria-current]')) here.scrollIntoView({ block: 'nearest', inline: 'center' });
Alpine.data('cashCount', cashCount);
Alpine.start();
