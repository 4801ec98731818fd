// A go that has a gigabyte to say: writes BYTES (default 1 GiB) on stdout, 64 KiB at a time.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  static char piece[65536];
  memset(piece, 'x', sizeof piece);
  const char* wanted = getenv("BYTES");
  for (long long left = wanted ? atoll(wanted) : 1LL << 30; left > 0;) {
    const ssize_t n = write(1, piece, left < (long long)sizeof piece ? (size_t)left : sizeof piece);
    if (n < 0) return 1;
    left -= n;
  }
  return 0;
}
