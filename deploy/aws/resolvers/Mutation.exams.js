// Changes of an exam by a teacher. The functions of each field:
// createExam: checkExam, readExam, putExam.
// updateExam: readExam, checkExam, findAnyResult, updateExam.
// deleteExam: readExam, findAnyResult, deleteExam.
// publishExam: readExam, updateExam.
// unpublishExam: readExam, updateExam.
export function request(ctx) {
  const field = ctx.info.fieldName;
  const { id, expectedVersion, ...fields } = ctx.args.input;
  ctx.stash.field = field;
  ctx.stash.access = field === 'createExam' ? 'CREATE' : 'CHANGE';
  ctx.stash.examId = id;
  ctx.stash.expectedVersion = expectedVersion ?? null;
  ctx.stash.fields = fields;
  if (field === 'publishExam') {
    ctx.stash.fields = { status: 'PUBLISHED', published: true };
  } else if (field === 'unpublishExam') {
    ctx.stash.fields = { status: 'DRAFT', published: false };
    ctx.stash.mustBePublished = 'The exam is a draft.';
  } else if (field === 'deleteExam') {
    ctx.stash.mustBeEmpty = 'The exam has results: delete them first.';
  }
  return {};
}

export function response(ctx) {
  return ctx.stash.answer;
}
