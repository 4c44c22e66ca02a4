// What this machine can do at most, measured: the ends of the roofline that benchmarks are compared with.
#pragma once

#include <stdint.h>

/// Fused multiply-adds on registers in `threads` threads for about `seconds`, at the widest vectors that the processor
/// has. *Units*: 32-bit floating-point operations a second; one multiply-add counts as two.
double peak_multiply_adds(int threads, double seconds);

/// The same for unsigned × signed bytes summed up into 32-bit integers, the way int8 convolutions do it: `vpdpbusd`
/// where the processor has it, else `vpmaddubsw`, `vpmaddwd`, `vpaddd`. *Units*: operations a second; one product and
/// its addition count as two.
double peak_byte_products(int threads, double seconds);

/// Reads and writes arrays far larger than the caches in `threads` threads. *Units*: bytes a second, read and written.
double peak_copy(int threads, double seconds);
