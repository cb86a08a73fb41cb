// @ts-check
/** The back office: htmx under a strict content policy, fields that understand money and RUTs, toasts. */

import Alpine from '@alpinejs/csp';
import htmx from 'htmx.org';
import { cashCount } from './cash_count.js';
import { watchFields } from './fields.js';
import { watchPicks } from './picks.js';
import { wireHtmx } from './wiring.js';

wireHtmx(htmx, document);
watchFields(document);
watchPicks(document);
Alpine.data('cashCount', cashCount);
Alpine.start();
