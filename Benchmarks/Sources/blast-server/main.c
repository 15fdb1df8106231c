// The other end of every comparison: a WebSocket server that speaks just enough of Phoenix's V2 (and V1) to be joined, echoes
// pushes as replies, and sends pre-built messages as fast as they are read. One thread a connection, blocking sockets.
//
//     phx_join         replied with {}
//     blast            {"count":N,"size":S,"topics":T}: replied to, then N ticks with payloads of S bytes, round robin over
//                      the topics blast:0 … blast:T-1, then one event done
//     take             counted and not replied to
//     anything else    replied with its payload
//
// It prints its port, and ends when its standard input does.
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *accept_all(void *argument) {
    int listener = *(int *)argument;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int one = 1, socket = accept(listener, NULL, NULL);
        if (socket < 0) continue;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        pthread_t thread;
        if (pthread_create(&thread, &attributes, serve, (void *)(long)socket) != 0) close(socket);
    }
    return NULL;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("blast-server");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_t thread;
    pthread_create(&thread, NULL, accept_all, &listener);
    char byte;
    while (read(0, &byte, 1) > 0) {}
    return 0;
}
