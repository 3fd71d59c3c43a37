import { util } from '@aws-appsync/utils';

// Validates the fields of an exam sent by a teacher, and the rules of its audience. Data source: none.
// stash in:  fields, any of subject, date, teacher, scale, audience, listed (those left out stay as they are), and
//            releaseAt, which may be null; exam, if it exists.
// stash out: fields, trimmed, times in UTC; mustBeEmpty, if this change requires that the exam has no results.
const TEXT = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,120}(?![\\s\\S])';
// The form of a scale's text; only the dashboards check whether its numbers are consistent.
const POSITIVE = '(0\\.[0-9]{0,3}[1-9]|([1-9][0-9]{0,2})(\\.[0-9]{0,3}[1-9])?|1000)';
const NUMBER = `(0|-?${POSITIVE})`;
const LABEL = '[^,;:|=\\x00-\\x1f\\x7f-\\x9f]{1,16}';
const LEVELS = `${LABEL}(:${NUMBER})?(,${LABEL}(:${NUMBER})?)*`;
const KEY = `${LEVELS}(\\|${LEVELS})?`;
const RANGE = `(OUT_OF_${POSITIVE}|FROM_${NUMBER}_TO_${NUMBER}|PERCENT)`;
const OPTIONS = `(;STEP=${POSITIVE})?(;BEST=LOW)?(;PASS=${NUMBER})?(;OVER)?(;SIGNS)?(;HONOURS=${LABEL})?(;KEY=${KEY})?`;
const SCALE = `^(?![\\s\\S]{513})(${RANGE}${OPTIONS}|LEVELS=${KEY}|LETTERS|PASS_FAIL)(?![\\s\\S])`;
// A calendar day, YYYY-MM-DD, without the offset that AWSDate allows.
const YEAR = '(?!0000)[0-9]{4}';
const LEAP = '([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)';
const LONG_MONTH = '(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])';
const SHORT_MONTH = '(0[469]|11)-(0[1-9]|[12][0-9]|30)';
const FEBRUARY = '02-(0[1-9]|1[0-9]|2[0-8])';
const RELEASE_DAYS_MAX = 366; // a year mistyped would hide the results for years
const DAY = `^(${YEAR}-(${LONG_MONTH}|${SHORT_MONTH}|${FEBRUARY})|${LEAP}-02-29)(?![\\s\\S])`;

function refuse(field, message) {
  util.error(message, 'BadRequest', null, { field });
}

export function request(ctx) {
  const fields = { ...ctx.stash.fields };
  for (const field of Object.keys(fields)) {
    if (fields[field] === null && field !== 'releaseAt') {
      refuse(field, `${field} may not be empty.`);
    }
  }
  for (const field of ['subject', 'teacher']) {
    if (Object.hasOwn(fields, field)) {
      fields[field] = fields[field].trim();
      if (!util.matches(TEXT, fields[field])) {
        refuse(field, `${field} takes 1 to 120 characters, without control characters.`);
      }
    }
  }
  if (Object.hasOwn(fields, 'date') && !util.matches(DAY, fields.date)) {
    refuse('date', 'date is a day written YYYY-MM-DD.');
  }
  if (Object.hasOwn(fields, 'scale') && !util.matches(SCALE, fields.scale)) {
    refuse('scale', 'scale is like OUT_OF_20, PERCENT, FROM_1_TO_6;PASS=4 or LEVELS=A,B,C|D.');
  }
  if ((fields.releaseAt ?? null) !== null) {
    const releaseAt = util.time.parseISO8601ToEpochMilliSeconds(fields.releaseAt);
    const wait = releaseAt - util.time.nowEpochMilliSeconds();
    if (wait <= 0) {
      refuse('releaseAt', 'releaseAt is an hour to come; leave it out to publish the results now.');
    }
    if (wait > RELEASE_DAYS_MAX * 86400000) {
      refuse('releaseAt', `releaseAt lies within ${RELEASE_DAYS_MAX} days.`);
    }
    fields.releaseAt = util.time.epochMilliSecondsToISO8601(releaseAt);
  }
  const exam = ctx.stash.exam ?? null;
  const audience = fields.audience ?? null;
  ctx.stash.fields = fields;
  ctx.stash.mustBeEmpty = null;
  const isPublished = exam !== null && exam.status === 'PUBLISHED';
  if (isPublished && Object.hasOwn(fields, 'listed') && fields.listed !== exam.listed) {
    // Whoever has the exam in a list would never hear that it is in none any more.
    util.error('Whether the exam is listed cannot change while it is published.', 'PreconditionFailed');
  }
  if (exam !== null && audience !== null && audience !== exam.audience) {
    if (isPublished) {
      util.error('The audience cannot change while the exam is published.', 'PreconditionFailed');
    }
    if (audience === 'CODES' || audience === 'OWN' || exam.audience === 'OWN') {
      const change = `from ${exam.audience} to ${audience}`;
      ctx.stash.mustBeEmpty = `The audience cannot change ${change} while the exam has results.`;
    }
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.prev.result;
}
