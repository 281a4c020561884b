export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" className="mark-lines" aria-hidden="true">
      <rect className="mark" width="32" height="32" rx="7" />
      <path d="M9 8v9a7 7 0 0 0 14 0V8" fill="none" stroke="currentColor" strokeWidth="4" strokeLinecap="round" />
      <path d="M7 26h18" stroke="currentColor" strokeWidth="3" strokeLinecap="round" opacity=".55" />
    </svg>
  );
}
