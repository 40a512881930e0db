/* Reads streams that are cut off, changed and made up. Whatever happens to a stream, a frame that
 * is given out is the one that was coded, and damage to a packet costs its frame alone.
 *
 * usage: damage CLIP.y4m FOLDER MODEL WIDTH HEIGHT STEP
 * Every STEP-th byte is tried. */
#include "support.h"

#define FRAMES 4

static AivcDecoderConfig config;
static AivcFrame expected[FRAMES];
static AivcVideoFormat format;

static int same_samples(const AivcFrame *a, const AivcFrame *b) {
    for (int plane = 0; plane < 3; plane++) {
        if (memcmp(a->planes[plane], b->planes[plane], a->sizes[plane]) != 0) {
            return 0;
        }
    }
    return 1;
}

/* Decodes what can be decoded; returns the number of frames, or -1 if the header is refused. */
static int frames_left(const uint8_t *data, size_t size) {
    AivcDecoder *decoder = NULL;
    AivcFrame frame = allocate_frame(&format, 0);
    int frames = 0;
    int32_t status = aivc_decoder_open_memory(data, size, &config, &decoder);
    if (status != AIVC_STATUS_OK) {
        CHECK(status == AIVC_STATUS_DAMAGED || status == AIVC_STATUS_UNSUPPORTED);
        CHECK(decoder == NULL && *aivc_last_error_message() != '\0');
        free_frame(&frame);
        return -1;
    }
    while ((status = aivc_decoder_next_frame(decoder, &frame)) != AIVC_STATUS_END) {
        if (status == AIVC_STATUS_OK) {
            CHECK(frame.presentation_ticks >= 0 && frame.presentation_ticks < FRAMES);
            CHECK(same_samples(&frame, &expected[frame.presentation_ticks]));
            frames++;
        } else {
            CHECK(status == AIVC_STATUS_DAMAGED && *aivc_last_error_message() != '\0');
        }
    }
    CHECK(frames <= FRAMES);
    OK(aivc_decoder_free(decoder));
    free_frame(&frame);
    return frames;
}

static void cut_off_and_changed(const Bytes *stream, size_t step) {
    uint8_t *changed = (uint8_t *)allocate(stream->size);
    CHECK(frames_left(stream->data, stream->size) == FRAMES);
    int most = -1;
    for (size_t size = 0; size < stream->size; size += step) {
        /* A copy of that size, so that reading past its end is seen. */
        uint8_t *part = (uint8_t *)allocate(size);
        memcpy(part, stream->data, size);
        const int frames = frames_left(part, size);
        CHECK(frames >= most);
        most = frames;
        free(part);
    }
    CHECK(most == FRAMES);
    memcpy(changed, stream->data, stream->size);
    for (size_t at = 0; at < stream->size; at += step) {
        changed[at] ^= (uint8_t)(1u << at % 8);
        const int frames = frames_left(changed, stream->size);
        CHECK(frames == -1 || frames >= FRAMES - 1);
        changed[at] = stream->data[at];
    }
    free(changed);
}

/* A damaged packet between good ones: the frame is lost, the buffers stay, the next one comes. */
static void one_packet(const Bytes *stream, const char *folder) {
    AivcDecoder *decoder = NULL;
    AivcFrame frame = allocate_frame(&format, 0);
    AivcDecodeSummary summary;
    const char *path = in_folder(folder, "damaged.aivc");
    const char *video = in_folder(folder, "damaged.y4m");
    memset(&summary, 0, sizeof summary);
    summary.struct_size = sizeof summary;
    OK(aivc_decoder_open_memory(stream->data, stream->size, &config, &decoder));
    OK(aivc_decoder_next_frame(decoder, &frame));
    EXPECT(AIVC_STATUS_DAMAGED, aivc_decoder_next_frame(decoder, &frame));
    CHECK(frame.presentation_ticks == 0 && same_samples(&frame, &expected[0]));
    OK(aivc_decoder_next_frame(decoder, &frame));
    CHECK(frame.presentation_ticks == 2 && same_samples(&frame, &expected[2]));
    OK(aivc_decoder_next_frame(decoder, &frame));
    EXPECT(AIVC_STATUS_END, aivc_decoder_next_frame(decoder, &frame));
    OK(aivc_decoder_summary(decoder, &summary));
    CHECK(summary.frames == 3 && summary.damaged == 1 && summary.repeated == 0);
    OK(aivc_decoder_free(decoder));
    free_frame(&frame);

    write_file(path, stream->data, stream->size);
    remove(video);
    EXPECT(AIVC_STATUS_DAMAGED, aivc_decode_file(path, video, &config, AIVC_DAMAGE_RESPONSE_STOP,
                                                 NULL, NULL, &summary));
    CHECK(!file_exists(video));
    EXPECT(AIVC_STATUS_REPAIRED, aivc_decode_file(path, video, &config,
                                                  AIVC_DAMAGE_RESPONSE_REPEAT, NULL, NULL,
                                                  &summary));
    CHECK(file_exists(video));
    CHECK(summary.frames == 4 && summary.damaged == 1 && summary.repeated == 1);
}

static int32_t append_to(void *user, const uint8_t *data, size_t size) {
    append((Bytes *)user, data, size);
    return 0;
}

typedef struct {
    Bytes stream;
    size_t at;
    size_t fails_at;
    int lies;
} Source;

static int32_t give(void *user, uint8_t *buffer, size_t capacity, size_t *bytes_read) {
    Source *source = (Source *)user;
    if (source->at >= source->fails_at) {
        if (source->lies) {
            *bytes_read = capacity + 1;
            return 0;
        }
        return 42;
    }
    *bytes_read = 1;
    *buffer = source->stream.data[source->at++];
    return 0;
}

/* A source that fails in the header and in a packet. */
static void broken_source(const Bytes *stream, size_t first_packet_end) {
    AivcFrame frame = allocate_frame(&format, 0);
    for (int lies = 0; lies < 2; lies++) {
        const int32_t status = lies ? AIVC_STATUS_IO : AIVC_STATUS_CALLBACK;
        Source source = {*stream, 0, 10, lies};
        AivcDecoder *decoder = NULL;
        EXPECT(status, aivc_decoder_open_callback(give, &source, &config, &decoder));
        CHECK(decoder == NULL);
        CHECK(lies || strstr(aivc_last_error_message(), "42") != NULL);
        /* Readers look ahead. */
        source.at = 0;
        source.fails_at = first_packet_end + 40;
        OK(aivc_decoder_open_callback(give, &source, &config, &decoder));
        OK(aivc_decoder_next_frame(decoder, &frame));
        EXPECT(status, aivc_decoder_next_frame(decoder, &frame));
        EXPECT(AIVC_STATUS_OUT_OF_ORDER, aivc_decoder_next_frame(decoder, &frame));
        OK(aivc_decoder_free(decoder));
    }
    free_frame(&frame);
}

int main(int argc, char **argv) {
    CHECK(argc == 7);
    AivcModel *model = NULL;
    AivcEncoder *encoder = NULL;
    AivcDecoder *decoder = NULL;
    Bytes stream = {NULL, 0};
    size_t ends[FRAMES];
    OK(aivc_model_open(argv[3], NULL, &model));
    OK(aivc_decoder_config_init(&config, sizeof config));
    config.model = model;
    Clip clip = read_clip(argv[1], FRAMES, (uint32_t)atoi(argv[4]), (uint32_t)atoi(argv[5]), 0);
    format = clip.format;
    OK(aivc_encoder_open_callback(append_to, &stream, model, &format, NULL, &encoder));
    for (int index = 0; index < FRAMES; index++) {
        OK(aivc_encoder_send_frame(encoder, &clip.frames[index]));
        ends[index] = stream.size;
    }
    OK(aivc_encoder_finish(encoder));
    OK(aivc_encoder_free(encoder));
    OK(aivc_decoder_open_memory(stream.data, stream.size, &config, &decoder));
    for (int index = 0; index < FRAMES; index++) {
        expected[index] = allocate_frame(&format, 0);
        OK(aivc_decoder_next_frame(decoder, &expected[index]));
    }
    OK(aivc_decoder_free(decoder));

    cut_off_and_changed(&stream, (size_t)atoi(argv[6]));
    broken_source(&stream, ends[0]);
    stream.data[ends[1] - 5] ^= 1;
    one_packet(&stream, argv[2]);
    CHECK(frames_left((const uint8_t *)"RIFF this is no stream", 22) == -1);
    CHECK(frames_left(NULL, 0) == -1);

    for (int index = 0; index < FRAMES; index++) {
        free_frame(&expected[index]);
    }
    free(stream.data);
    free_clip(&clip);
    OK(aivc_model_free(model));
    return 0;
}
