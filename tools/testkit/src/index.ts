export { ManualClock, type ManualTimer } from './manual-clock.js';
export { seededRandom, shuffled } from './random.js';
export { checkConventions, type ConventionSubject } from './conventions.js';
