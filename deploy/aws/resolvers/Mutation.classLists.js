import { util } from '@aws-appsync/utils';

// Changes of the caller's own class lists: createClassList, updateClassList. Data source: results.
// A list is looked up in the caller's own partition: somebody else's list does not exist for them.
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';
const TEXT = '^[^\\x00-\\x1f\\x7f-\\x9f]{1,120}(?![\\s\\S])';
const CODE = '^([2-9A-HJKMNP-TV-Z]{6}|[2-9A-HJKMNP-TV-Z]{10})(?![\\s\\S])';
const GRADEBOOK = '^[0-9a-z._~]+(?![\\s\\S])';
const GRADEBOOK_MAX = 8000;
const STUDENTS_MAX = 1000;
const CHARACTERS_MAX = 60000; // of names and numbers: a list is one item of at most 400 kB

function refuse(field, message) {
  util.error(message, 'BadRequest', null, { field });
}

function checkedText(sent, field) {
  const text = (sent ?? '').trim();
  if (!util.matches(TEXT, text)) {
    refuse(field, `${field} takes 1 to 120 characters, without control characters.`);
  }
  return text;
}

function checkedStudents(sent) {
  if (sent === null || sent.length > STUDENTS_MAX) {
    refuse('students', `A class list takes at most ${STUDENTS_MAX} students.`);
  }
  const codes = {};
  const students = [];
  let characters = 0;
  for (const one of sent) {
    const student = { name: checkedText(one.name, 'name') };
    if ((one.number ?? null) !== null) {
      student.number = checkedText(one.number, 'number');
    }
    if ((one.code ?? null) !== null) {
      student.code = one.code.trim();
      if (!util.matches(CODE, student.code)) {
        refuse('student', 'code takes 6 or 10 of the characters 2 to 9 and A to Z without I, L, O and U.');
      }
      if (Object.hasOwn(codes, student.code)) {
        refuse('students', 'A code is in the list twice.');
      }
      codes[student.code] = true;
    }
    characters += student.name.length + (student.number ?? '').length;
    students.push(student);
  }
  if (characters > CHARACTERS_MAX) {
    refuse('students', `A class list takes at most ${CHARACTERS_MAX} characters.`);
  }
  return students;
}

function checkedGradebook(sent) {
  if (sent !== null && (sent.length > GRADEBOOK_MAX || !util.matches(GRADEBOOK, sent))) {
    refuse('gradebook', `gradebook takes 1 to ${GRADEBOOK_MAX} of the characters 0 to 9, a to z, . _ ~`);
  }
  return sent;
}

function isSame(stored, sent) {
  if (stored.version !== 1 || stored.title !== sent.title.trim() || stored.studentCount !== sent.students.length) {
    return false;
  }
  const students = checkedStudents(sent.students);
  let same = true;
  for (const index of Object.keys(students)) {
    for (const field of ['name', 'number', 'code']) {
      same = same && (stored.students[index][field] ?? null) === (students[index][field] ?? null);
    }
  }
  return same;
}

export function request(ctx) {
  const { id, expectedVersion, title, students, gradebook } = ctx.args.input;
  const field = ctx.info.fieldName;
  if (!util.matches(UUID, id)) {
    if (field === 'createClassList') {
      refuse('id', 'id must be a UUID in lower case.');
    }
    util.error('There is no such class list.', 'NotFound');
  }
  const key = util.dynamodb.toMapValues({ examId: `class-lists/${ctx.identity.sub}`, id });
  const now = util.time.nowISO8601();
  const values = {};
  if (Object.hasOwn(ctx.args.input, 'title')) {
    values.title = checkedText(title, 'title');
  }
  if (Object.hasOwn(ctx.args.input, 'students')) {
    values.students = checkedStudents(students);
    values.studentCount = students.length;
  }
  if (Object.hasOwn(ctx.args.input, 'gradebook')) {
    values.gradebook = checkedGradebook(gradebook);
  }
  if (field === 'createClassList') {
    return {
      operation: 'PutItem',
      key,
      attributeValues: util.dynamodb.toMapValues({ ...values, version: 1, createdAt: now, updatedAt: now }),
      condition: { expression: 'attribute_not_exists(#id)', expressionNames: { '#id': 'id' } },
    };
  }
  values.version = expectedVersion + 1;
  values.updatedAt = now;
  const names = {};
  const placeholders = {};
  const assignments = [];
  for (const name of Object.keys(values)) {
    names[`#${name}`] = name;
    placeholders[`:${name}`] = values[name];
    assignments.push(`#${name} = :${name}`);
  }
  return {
    operation: 'UpdateItem',
    key,
    update: {
      expression: `SET ${assignments.join(', ')}`,
      expressionNames: names,
      expressionValues: util.dynamodb.toMapValues(placeholders),
    },
    condition: {
      expression: '#version = :expectedVersion',
      expressionNames: { '#version': 'version' },
      expressionValues: util.dynamodb.toMapValues({ ':expectedVersion': expectedVersion }),
    },
  };
}

export function response(ctx) {
  const stored = ctx.result ?? null;
  const isDeleted = stored !== null && (stored.version ?? null) === null;
  if (ctx.error && ctx.error.type !== 'DynamoDB:ConditionalCheckFailedException') {
    util.error(ctx.error.message, ctx.error.type);
  }
  if (ctx.error && ctx.info.fieldName === 'createClassList') {
    if (isDeleted) {
      // deleteClassList has left this: a try whose answer was lost arrives after the list was deleted.
      util.error('The class list with this id was deleted.', 'ConflictException');
    }
    if (stored === null || !isSame(stored, ctx.args.input)) {
      util.error('A class list with this id exists already, with other content.', 'ConflictException', stored);
    }
  } else if (ctx.error) {
    if (stored === null || isDeleted) {
      util.error('There is no such class list.', 'NotFound');
    }
    util.error('The class list has changed since you read it.', 'ConflictException', stored);
  }
  return stored;
}
