import { extensions } from '@aws-appsync/utils';

// Filters events of exams: published ones go to everybody, drafts to their owner. Data source: none.
// The filter is applied to the fields that the mutation selected; a field that was not selected matches nothing.
export function request() {
  return { payload: null };
}

export function response(ctx) {
  const caller = ctx.identity?.sub ?? null;
  const filterGroup = [{ filters: [{ fieldName: 'published', operator: 'eq', value: true }] }];
  if (caller !== null) {
    filterGroup.push({ filters: [{ fieldName: 'owner', operator: 'eq', value: caller }] });
  }
  extensions.setSubscriptionFilter({ filterGroup });
  return null;
}
