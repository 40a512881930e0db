/* Sessions and threads: one call at a time, from any thread; models shared by several.
 *
 * usage: threads CLIP.y4m MODEL WIDTH HEIGHT */
#include "support.h"
#include <pthread.h>

#define FRAMES 3

static AivcModel *model;
static Clip clip;

static pthread_t started(void *(*body)(void *), void *argument) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, argument) == 0);
    return thread;
}

static void in_thread(void *(*body)(void *), void *argument) {
    CHECK(pthread_join(started(body, argument), NULL) == 0);
}

/* Two threads at work with a model each hold a session of their own. */
static void *encode(void *stream) {
    *(Bytes *)stream = encode_clip(&clip, model, NULL);
    return NULL;
}

typedef struct {
    AivcEncoder *encoder;
    size_t frame;
} Step;

/* A session that goes from thread to thread. */
static void *send(void *argument) {
    Step *step = (Step *)argument;
    OK(aivc_encoder_send_frame(step->encoder, &clip.frames[step->frame]));
    return NULL;
}

static void *end(void *argument) {
    OK(aivc_encoder_finish(((Step *)argument)->encoder));
    return NULL;
}

/* Errors are of the thread that made them. */
static void *err(void *argument) {
    (void)argument;
    CHECK(*aivc_last_error_message() == '\0');
    EXPECT(AIVC_STATUS_NULL_POINTER, aivc_encoder_finish(NULL));
    CHECK(strstr(aivc_last_error_message(), "encoder") != NULL);
    return NULL;
}

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int writing;
    int go_on;
} Gate;

/* Holds the session at work until the other thread has tried it. */
static int32_t hold(void *user, const uint8_t *data, size_t size) {
    Gate *gate = (Gate *)user;
    (void)data;
    (void)size;
    pthread_mutex_lock(&gate->lock);
    gate->writing++;
    pthread_cond_broadcast(&gate->changed);
    while (gate->writing > 1 && !gate->go_on) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
    return 0;
}

static void busy(void) {
    Gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
    Step step = {NULL, 0};
    OK(aivc_encoder_open_callback(hold, &gate, model, &clip.format, NULL, &step.encoder));
    pthread_t other = started(send, &step);
    pthread_mutex_lock(&gate.lock);
    while (gate.writing < 2) {
        pthread_cond_wait(&gate.changed, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
    EXPECT(AIVC_STATUS_BUSY, aivc_encoder_send_frame(step.encoder, &clip.frames[0]));
    EXPECT(AIVC_STATUS_BUSY, aivc_encoder_finish(step.encoder));
    EXPECT(AIVC_STATUS_BUSY, aivc_encoder_free(step.encoder));
    pthread_mutex_lock(&gate.lock);
    gate.go_on = 1;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    CHECK(pthread_join(other, NULL) == 0);
    OK(aivc_encoder_finish(step.encoder));
    OK(aivc_encoder_free(step.encoder));
    pthread_cond_destroy(&gate.changed);
    pthread_mutex_destroy(&gate.lock);
}

int main(int argc, char **argv) {
    CHECK(argc == 5);
    Bytes expected, a, b;
    const uint8_t *data = NULL;
    size_t size = 0;
    Step step = {NULL, 0};
    clip = read_clip(argv[1], FRAMES, (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]), 0);
    OK(aivc_model_open(argv[2], NULL, &model));
    expected = encode_clip(&clip, model, NULL);

    pthread_t first = started(encode, &a);
    pthread_t second = started(encode, &b);
    CHECK(pthread_join(first, NULL) == 0 && pthread_join(second, NULL) == 0);
    CHECK(a.size == expected.size && memcmp(a.data, expected.data, a.size) == 0);
    CHECK(b.size == expected.size && memcmp(b.data, expected.data, b.size) == 0);

    OK(aivc_encoder_open_memory(model, &clip.format, NULL, &step.encoder));
    for (step.frame = 0; step.frame < FRAMES; step.frame++) {
        in_thread(send, &step);
    }
    in_thread(end, &step);
    OK(aivc_encoder_bytes(step.encoder, &data, &size));
    CHECK(size == expected.size && memcmp(data, expected.data, size) == 0);
    OK(aivc_encoder_free(step.encoder));

    in_thread(err, NULL);
    CHECK(*aivc_last_error_message() == '\0');
    busy();
    free(a.data);
    free(b.data);
    free(expected.data);
    OK(aivc_model_free(model));
    free_clip(&clip);
    return 0;
}
