import { util } from '@aws-appsync/utils';

// A new draft. Functions: checkExam, readExam, putExam.
const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\s\\S])';

export function request(ctx) {
  const { id, ...fields } = ctx.args.input;
  if (!util.matches(UUID, id)) {
    util.error('id must be a UUID in lower case.', 'BadRequest', null, { field: 'id' });
  }
  ctx.stash.access = 'CREATE';
  ctx.stash.examId = id;
  ctx.stash.fields = fields;
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
