/* Matrix multiplication in double and single precision. */
#include "bare.h"

enum { N = 64, ROUNDS = 12 };
static double a[N][N], b[N][N], c[N][N];
static float d[N][N], e[N][N], f[N][N];

int main(void)
{
    u32 seed = 5;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(int)(next_random(&seed) >> 20) / 7.0;
            b[i][j] = (double)(int)(next_random(&seed) >> 20) / 11.0;
            d[i][j] = (float)a[i][j];
            e[i][j] = (float)b[i][j];
        }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double s = 0;
                float t = 0;
                for (int k = 0; k < N; k++) {
                    s += a[i][k] * b[k][j];
                    t += d[i][k] * e[k][j];
                }
                c[i][j] += s;
                f[i][j] += t;
            }
    u32 sum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            union {
                double d;
                u32 u[2];
            } x = {c[i][j]};
            union {
                float f;
                u32 u;
            } y = {f[i][j]};
            sum = sum * 31 + (x.u[0] ^ x.u[1]) + y.u;
        }
    return finish("matrix", sum, 0x95fcd135);
}
