import { runtime, util } from '@aws-appsync/utils';

// Erases one result from a page of the history: records of it alone, and its part of those of a batch.
// Data source: results.
// stash in: examId, history.
export function request(ctx) {
  const { id } = ctx.args.input;
  const partition = `history/${ctx.stash.examId}`;
  const transactItems = [];
  for (const record of ctx.stash.history.items) {
    const rows = record.rows ?? {};
    if (Object.hasOwn(rows, id)) {
      const key = util.dynamodb.toMapValues({ examId: partition, id: record.id });
      const table = ctx.env.RESULTS_TABLE;
      if (Object.keys(rows).length === 1) {
        transactItems.push({ table, operation: 'DeleteItem', key });
      } else {
        transactItems.push({
          table,
          operation: 'UpdateItem',
          key,
          update: { expression: 'REMOVE #rows.#id', expressionNames: { '#rows': 'rows', '#id': id } },
          condition: { expression: 'attribute_exists(#rows)', expressionNames: { '#rows': 'rows' } },
        });
      }
    }
  }
  if (transactItems.length === 0) {
    runtime.earlyReturn({});
  }
  return { operation: 'TransactWriteItems', transactItems };
}

export function response(ctx) {
  if (ctx.error) {
    // The client sends it again.
    util.error(ctx.error.message, ctx.error.type);
  }
  return null;
}
