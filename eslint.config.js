import tseslint from 'typescript-eslint';

/** `const idleMs = 500`, `const limit = 3 * 1024`, `const name = 'x'`, `const pattern = /x/`. */
const namedLiteral =
  'VariableDeclaration[kind=const] > ' +
  'VariableDeclarator:matches([init.type=Literal], [init.right.type=Literal][init.left.type=Literal], ' +
  '[init.argument.type=Literal], [init.type=TemplateLiteral][init.expressions.length=0]) > ' +
  'Identifier.id:not([name=/^[A-Z][A-Z0-9_]*$/])';

/** Limits of size and shape. `test/tidy` holds what needs the whole tree: layers, cycles, effects. */
export default tseslint.config(
  {
    ignores: ['dist', 'node_modules', 'api/types', 'coverage'],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'max-params': ['error', 3],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        'Date',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'crypto',
        'performance',
        'fetch',
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ObjectExpression > SpreadElement > ObjectExpression',
          message: 'write the properties out',
        },
        {
          selector: `:matches(Program, Program > ExportNamedDeclaration) > ${namedLiteral}`,
          message: 'a number, text or pattern that a module names is UPPER_CASE',
        },
      ],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.test.ts', 'test/**', 'bench/**', 'scripts/**', 'examples/**', 'platform/node/**'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-globals': 'off',
      'no-console': 'off',
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ['**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
