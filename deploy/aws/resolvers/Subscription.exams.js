import { extensions } from '@aws-appsync/utils';

// Filters events of exams: published ones go to everybody, by link to those who name the exam; drafts to their owner.
// A withdrawal says published = false and goes to everybody who may have seen the exam. Data source: none.
// The filter is applied to the fields that the mutation selected; a field that was not selected equals nothing.
// This filter replaces AppSync's own filter on arguments, so it includes the id; null matches null, which no event has.
export function request() {
  return { payload: null };
}

export function response(ctx) {
  const caller = ctx.identity?.sub ?? null;
  const isWithdrawal = ctx.info.fieldName === 'onUnpublishExam';
  const isNamed = Object.hasOwn(ctx.args, 'id');
  const ofExam = isNamed ? [{ fieldName: 'id', operator: 'eq', value: ctx.args.id ?? '' }] : [];
  /** @type {any} */
  let seen = [{ fieldName: 'published', operator: 'eq', value: true }];
  if (isWithdrawal) {
    seen = isNamed ? [] : [{ fieldName: 'listed', operator: 'ne', value: false }];
  } else if (isNamed) {
    seen = [{ fieldName: 'status', operator: 'eq', value: 'PUBLISHED' }];
  }
  /** @type {any} */ // AppSync checks types, and takes a text for any text
  const filterGroup = [{ filters: [...ofExam, ...seen] }];
  if (caller !== null) {
    filterGroup.push({ filters: [...ofExam, { fieldName: 'owner', operator: 'eq', value: caller }] });
  }
  extensions.setSubscriptionFilter({ filterGroup });
  return null;
}
