import { util } from '@aws-appsync/utils';

// Checks rows that a teacher sends. Data source: none.
// stash in:  exam; rows, each with an id and what was sent of student, grade, name (left out stays as it is).
//            mustExist when the rows are there already: then an id that is no UUID is just not found.
// stash out: rows, trimmed; a null name stays null.
const ROWS_MAX = 100; // one DynamoDB transaction
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';
const TEXT = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,120}(?![\\s\\S])';
const GRADE = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,16}(?![\\s\\S])';
const CODE = '^[2-9A-HJKMNP-TV-Z]{6}(?![\\s\\S])';

function refuse(field, message) {
  util.error(message, 'BadRequest', null, { field });
}

export function request(ctx) {
  const rows = ctx.stash.rows;
  if (rows.length < 1 || rows.length > ROWS_MAX) {
    refuse('rows', `A batch takes 1 to ${ROWS_MAX} rows.`);
  }
  const seen = {};
  for (const row of rows) {
    if (!ctx.stash.mustExist && !util.matches(UUID, row.id)) {
      refuse('id', 'id must be a UUID in lower case.');
    }
    if (Object.hasOwn(seen, row.id)) {
      refuse('rows', 'An id is in the batch twice.');
    }
    seen[row.id] = true;
    for (const field of ['student', 'grade']) {
      if (Object.hasOwn(row, field)) {
        if (row[field] === null) {
          refuse(field, `${field} may not be empty.`);
        }
        row[field] = row[field].trim();
      }
    }
    if (Object.hasOwn(row, 'student') && !util.matches(TEXT, row.student)) {
      refuse('student', 'student takes 1 to 120 characters, without control characters.');
    }
    if (Object.hasOwn(row, 'student') && ctx.stash.exam.audience === 'CODES' && !util.matches(CODE, row.student)) {
      refuse('student', 'This exam shows codes: student takes 6 characters of 2 to 9 and A to Z without I, L, O and U.');
    }
    if (Object.hasOwn(row, 'grade') && !util.matches(GRADE, row.grade)) {
      refuse('grade', 'grade takes 1 to 16 characters, without control characters.');
    }
    if ((row.name ?? null) !== null) {
      row.name = row.name.trim();
      if (!util.matches(TEXT, row.name)) {
        refuse('name', 'name takes 1 to 120 characters, without control characters.');
      }
    }
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.prev.result;
}
