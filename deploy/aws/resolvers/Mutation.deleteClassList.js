// Deletes one of the caller's own class lists, and answers it as it was. The functions of the field:
// deleteClassList: readClassList, deleteClassList.
export function request() {
  return {};
}

export function response(ctx) {
  return ctx.stash.classList;
}
