import { util } from '@aws-appsync/utils';

// Validates rows sent by a teacher. Data source: none.
// stash in:  exam; rows, each with an id and any of student, grade, name, number, comment (those left out stay);
//            mustExist, if the rows must be stored already: an id that is not a UUID is then simply not found.
//            stored, if a grade is sent for a stored row.
// stash out: rows, trimmed; null stays null, and an empty comment becomes it.
const ROWS_MAX = 99; // one transaction of DynamoDB takes 100 items, of which one is the exam
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';
const TEXT = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,120}(?![\\s\\S])';
const COMMENT = '^[^\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f]{0,1000}(?![\\s\\S])'; // line breaks are allowed
const GRADE = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,16}(?![\\s\\S])';
const CODE_CHARACTER = '[2-9A-HJKMNP-TV-Z]';
const CODE_LENGTHS = { CODES: 6, OWN: 10 };

function refuse(field, message) {
  util.error(message, 'BadRequest', null, { field });
}

function checkedText(row, field, pattern, message) {
  if (row[field] === null) {
    refuse(field, `${field} may not be empty.`);
  }
  const text = row[field].trim();
  if (!util.matches(pattern, text)) {
    refuse(field, `${field} ${message}`);
  }
  return text;
}

export function request(ctx) {
  const rows = ctx.stash.rows;
  if (rows.length < 1 || rows.length > ROWS_MAX) {
    refuse('rows', `A batch takes 1 to ${ROWS_MAX} rows.`);
  }
  const seen = {};
  const checked = [];
  for (const sent of rows) {
    const row = { ...sent };
    if (!ctx.stash.mustExist && !util.matches(UUID, row.id)) {
      refuse('id', 'id must be a UUID in lower case.');
    }
    if (Object.hasOwn(seen, row.id)) {
      refuse('rows', 'An id is in the batch twice.');
    }
    seen[row.id] = true;
    if (Object.hasOwn(row, 'student')) {
      row.student = checkedText(row, 'student', TEXT, 'takes 1 to 120 characters, without control characters.');
      const length = CODE_LENGTHS[ctx.stash.exam.audience] ?? 0;
      if (length > 0 && !util.matches(`^${CODE_CHARACTER}{${length}}(?![\\s\\S])`, row.student)) {
        const message = `student takes ${length} of the characters 2 to 9 and A to Z without I, L, O and U.`;
        refuse('student', `This exam has codes: ${message}`);
      }
    }
    if (Object.hasOwn(row, 'grade')) {
      row.grade = checkedText(row, 'grade', GRADE, 'takes 1 to 16 characters, without control characters.');
      if (ctx.stash.mustExist && row.grade === 'AWAITED' && ctx.stash.stored[row.id].grade !== 'AWAITED') {
        util.error('A grade is taken back with retractResults.', 'PreconditionFailed');
      }
    }
    for (const field of ['name', 'number']) {
      if ((row[field] ?? null) !== null) {
        row[field] = checkedText(row, field, TEXT, 'takes 1 to 120 characters, without control characters.');
      }
    }
    if ((row.comment ?? null) !== null) {
      const message = 'takes up to 1000 characters and line breaks, without other control characters.';
      const comment = checkedText(row, 'comment', COMMENT, message);
      row.comment = comment === '' ? null : comment;
    }
    checked.push(row);
  }
  const awaited = checked.filter((row) => row.grade === 'AWAITED').length;
  if (awaited > 0 && awaited < checked.length) {
    refuse('rows', 'The rows of a batch are all awaited or all have a grade.');
  }
  ctx.stash.rows = checked;
  return { payload: null };
}

export function response(ctx) {
  return ctx.prev.result;
}
