// Lints the resolvers where they are (../../../../deploy/aws/resolvers), with AWS's rules and types.
import appsync from '@aws-appsync/eslint-plugin';
import parser from '@typescript-eslint/parser';

export default [
  {
    files: ['**/*.js'],
    languageOptions: { parser, parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
  },
  { files: ['**/*.js'], ...appsync.configs.recommended },
];
