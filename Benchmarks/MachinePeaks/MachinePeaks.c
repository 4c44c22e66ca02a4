#include "MachinePeaks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { maximum_threads = 256, accumulators = 12 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// A kernel runs for `rounds` rounds and returns something that depends on all of it.
typedef float (*kernel)(long rounds);

#if defined(__x86_64__)
// Twelve independent chains: the product of latency (4) and units (2), and half as many again. Written out, since an
// array of vectors would live in memory.
#define EACH(OPERATION)                                                                                                \
  OPERATION(0) OPERATION(1) OPERATION(2) OPERATION(3) OPERATION(4) OPERATION(5) OPERATION(6) OPERATION(7)              \
  OPERATION(8) OPERATION(9) OPERATION(10) OPERATION(11)

__attribute__((target("avx512f"))) static float multiply_adds_512(long rounds) {
  const __m512 factor = _mm512_set1_ps(0.999f), addend = _mm512_set1_ps(0.001f);
#define START(i) __m512 a##i = _mm512_set1_ps(0.1f * i);
#define ADVANCE(i) a##i = _mm512_fmadd_ps(a##i, factor, addend);
#define COLLECT(i) sum = _mm512_add_ps(sum, a##i);
  EACH(START)
  for (long round = 0; round < rounds; round++) { EACH(ADVANCE) }
  __m512 sum = _mm512_setzero_ps();
  EACH(COLLECT)
#undef START
#undef ADVANCE
#undef COLLECT
  return _mm512_reduce_add_ps(sum);
}

__attribute__((target("avx2,fma"))) static float multiply_adds_256(long rounds) {
  const __m256 factor = _mm256_set1_ps(0.999f), addend = _mm256_set1_ps(0.001f);
#define START(i) __m256 a##i = _mm256_set1_ps(0.1f * i);
#define ADVANCE(i) a##i = _mm256_fmadd_ps(a##i, factor, addend);
#define COLLECT(i) sum = _mm256_add_ps(sum, a##i);
  EACH(START)
  for (long round = 0; round < rounds; round++) { EACH(ADVANCE) }
  __m256 sum = _mm256_setzero_ps();
  EACH(COLLECT)
#undef START
#undef ADVANCE
#undef COLLECT
  float lanes[8];
  _mm256_storeu_ps(lanes, sum);
  return lanes[0] + lanes[7];
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) static float byte_products_512(long rounds) {
  const __m512i left = _mm512_set1_epi8(3), right = _mm512_set1_epi8(-2);
#define START(i) __m512i a##i = _mm512_set1_epi32(i);
#define ADVANCE(i) a##i = _mm512_dpbusd_epi32(a##i, left, right);
#define COLLECT(i) sum = _mm512_add_epi32(sum, a##i);
  EACH(START)
  for (long round = 0; round < rounds; round++) { EACH(ADVANCE) }
  __m512i sum = _mm512_setzero_si512();
  EACH(COLLECT)
#undef START
#undef ADVANCE
#undef COLLECT
  return (float)_mm512_reduce_add_epi32(sum);
}

__attribute__((target("avx2"))) static float byte_products_256(long rounds) {
  __m256i left = _mm256_set1_epi8(3), right = _mm256_set1_epi8(-2), ones = _mm256_set1_epi16(1);
  // The compiler may not know them, nor that the left one stays as it is: it would multiply once, before the loop.
  __asm__ volatile("" : "+x"(left), "+x"(right), "+x"(ones));
#define START(i) __m256i a##i = _mm256_set1_epi32(i);
#define ADVANCE(i)                                                                                                     \
  {                                                                                                                    \
    __asm__ volatile("" : "+x"(left));                                                                                 \
    __m256i pairs = _mm256_maddubs_epi16(left, right);                                                                 \
    __asm__ volatile("" : "+x"(pairs));                                                                                \
    a##i = _mm256_add_epi32(a##i, _mm256_madd_epi16(pairs, ones));                                                     \
  }
#define COLLECT(i) sum = _mm256_add_epi32(sum, a##i);
  EACH(START)
  for (long round = 0; round < rounds; round++) { EACH(ADVANCE) }
  __m256i sum = _mm256_setzero_si256();
  EACH(COLLECT)
#undef START
#undef ADVANCE
#undef COLLECT
  return (float)_mm256_extract_epi32(sum, 0);
}

static int has_512(void) { return __builtin_cpu_supports("avx512f"); }
static int has_vnni(void) { return __builtin_cpu_supports("avx512vnni"); }
#else
static float plain_multiply_adds(long rounds) {
  float a[accumulators] = {0};
  for (long round = 0; round < rounds; round++)
    for (int i = 0; i < accumulators; i++) a[i] = a[i] * 0.999f + 0.001f;
  return a[0] + a[accumulators - 1];
}
#endif

typedef struct {
  kernel run;
  long rounds;
  volatile float result;
} job;

static void *run_job(void *argument) {
  job *work = argument;
  work->result = work->run(work->rounds);
  return NULL;
}

// Rounds a second of all threads together.
static double rate(kernel run, int threads, double seconds) {
  if (threads > maximum_threads) threads = maximum_threads;
  job jobs[maximum_threads];
  pthread_t ids[maximum_threads];
  job trial = {run, 1 << 20, 0};
  double start = now();
  run_job(&trial);
  const long rounds = (long)((1 << 20) * seconds / (now() - start)) + 1;
  start = now();
  for (int i = 0; i < threads; i++) {
    jobs[i] = (job){run, rounds, 0};
    pthread_create(&ids[i], NULL, run_job, &jobs[i]);
  }
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  return (double)threads * (double)rounds / (now() - start);
}

double peak_multiply_adds(int threads, double seconds) {
#if defined(__x86_64__)
  const int wide = has_512();
  return rate(wide ? multiply_adds_512 : multiply_adds_256, threads, seconds) * 2 * accumulators * (wide ? 16 : 8);
#else
  return rate(plain_multiply_adds, threads, seconds) * 2 * accumulators;
#endif
}

double peak_byte_products(int threads, double seconds) {
#if defined(__x86_64__)
  const int wide = has_vnni();
  return rate(wide ? byte_products_512 : byte_products_256, threads, seconds) * 2 * accumulators * (wide ? 64 : 32);
#else
  (void)threads;
  (void)seconds;
  return 0;
#endif
}

typedef struct {
  char *source, *target;
  size_t bytes;
  int repetitions;
} copy_job;

static void *run_copy(void *argument) {
  copy_job *work = argument;
  for (int i = 0; i < work->repetitions; i++) memcpy(work->target, work->source, work->bytes);
  return NULL;
}

double peak_copy(int threads, double seconds) {
  if (threads > maximum_threads) threads = maximum_threads;
  const size_t bytes = (size_t)256 << 20;
  char *source = aligned_alloc(1 << 21, bytes), *target = aligned_alloc(1 << 21, bytes);
  if (!source || !target) {
    free(source);
    free(target);
    return 0;
  }
  memset(source, 1, bytes);
  memset(target, 2, bytes);
  copy_job jobs[maximum_threads];
  pthread_t ids[maximum_threads];
  double best = 0;
  const double end = now() + seconds;
  do {
    const double start = now();
    for (int i = 0; i < threads; i++) {
      const size_t from = bytes / threads * i;
      jobs[i] = (copy_job){source + from, target + from, bytes / threads, 1};
      pthread_create(&ids[i], NULL, run_copy, &jobs[i]);
    }
    for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL);
    const double speed = 2.0 * (double)bytes / (now() - start);
    if (speed > best) best = speed;
  } while (now() < end);
  free(source);
  free(target);
  return best;
}
