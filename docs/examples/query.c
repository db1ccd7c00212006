/* Asks a service that `perfpred serve` started, with sockets alone.
 *
 *     cc -O2 -Wall -o query query.c
 *     ./query 127.0.0.1 8000 /v1/predict '{"kernel": "matmul", "variant": "openblas",
 *         "hardware": "intel-xeon-6-207-avx512-1t", "parameters": {"m": 512, "n": 512, "k": 512}}' time_s
 *
 * prints the number that the answer has under the last name, or the whole answer without that name. A token is
 * taken from the variable PERFPRED_TOKEN. Exit code 0: answered; 1: the service refused; 2: not reached.
 */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { MAX_ANSWER = 1 << 20, MAX_HEAD = 8192, TIMEOUT_S = 30 };

static int connected(const char *host, const char *port) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found, *each;
    struct timeval limit = {.tv_sec = TIMEOUT_S};
    int at = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
    for (each = found; each != NULL && at < 0; each = each->ai_next) {
        at = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (at >= 0 && connect(at, each->ai_addr, each->ai_addrlen) != 0) {
            close(at);
            at = -1;
        }
    }
    freeaddrinfo(found);
    if (at >= 0) setsockopt(at, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return at;
}

static int send_all(int at, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(at, data, size, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        data += sent;
        size -= (size_t)sent;
    }
    return 0;
}

/* Reads until the connection is closed, as "Connection: close" asks for; returns the size, or -1. */
static long receive_all(int at, char *answer, size_t room) {
    size_t size = 0;
    for (;;) {
        ssize_t got = size < room ? recv(at, answer + size, room - size, 0) : -1;
        if (got < 0) return -1;
        if (got == 0) break;
        size += (size_t)got;
    }
    answer[size] = '\0';
    return (long)size;
}

int main(int count, char **words) {
    static char answer[MAX_ANSWER + 1], head[MAX_HEAD];
    const char *token = getenv("PERFPRED_TOKEN");
    if (count < 5) {
        fprintf(stderr, "usage: %s HOST PORT PATH JSON [NAME]\n", words[0]);
        return 2;
    }
    int size = snprintf(head, sizeof head,
                        "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\nConnection: close\r\n%s%s%s\r\n",
                        words[3], words[1], words[2], strlen(words[4]),
                        token ? "Authorization: Bearer " : "", token ? token : "", token ? "\r\n" : "");
    int at = connected(words[1], words[2]);
    if (size < 0 || size >= (int)sizeof head || at < 0 || send_all(at, head, (size_t)size) != 0 ||
        send_all(at, words[4], strlen(words[4])) != 0 || receive_all(at, answer, MAX_ANSWER) < 0) {
        fprintf(stderr, "no answer from %s port %s\n", words[1], words[2]);
        return 2;
    }
    close(at);
    char *body = strstr(answer, "\r\n\r\n");
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || body == NULL) {
        fprintf(stderr, "%s\n", body ? body + 4 : answer); /* problem details say why */
        return 1;
    }
    body += 4;
    if (count == 5) {
        puts(body);
        return 0;
    }
    char name[256];
    snprintf(name, sizeof name, "\"%s\":", words[5]);
    char *value = strstr(body, name);
    if (value == NULL) {
        fprintf(stderr, "the answer has no %s\n", words[5]);
        return 1;
    }
    printf("%.17g\n", strtod(value + strlen(name), NULL));
    return 0;
}
