/* What the test programs share: checks that end the program, and a y4m file in memory. */
#ifndef AIVC_TEST_SUPPORT_H
#define AIVC_TEST_SUPPORT_H

#include <aivc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition, \
                    aivc_last_error_message());                                            \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

/* The call gives exactly this status; a failure, and only that, leaves a message. */
#define EXPECT(status, call)                                                                  \
    do {                                                                                      \
        const int32_t found_ = (call);                                                        \
        if (found_ != (status) || (found_ < 0) != (*aivc_last_error_message() != '\0')) {     \
            fprintf(stderr, "%s:%d: %s gives %s, not %s; last error: %s\n", __FILE__,         \
                    __LINE__, #call, aivc_status_name(found_), #status,                       \
                    aivc_last_error_message());                                               \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

#define OK(call) EXPECT(AIVC_STATUS_OK, call)

/* Bytes that grow. */
typedef struct {
    uint8_t *data;
    size_t size;
} Bytes;

static inline void *allocate(size_t size) {
    void *memory = malloc(size > 0 ? size : 1);
    CHECK(memory != NULL);
    return memory;
}

static inline void append(Bytes *bytes, const void *data, size_t size) {
    uint8_t *grown = (uint8_t *)realloc(bytes->data, bytes->size + size);
    CHECK(grown != NULL);
    memcpy(grown + bytes->size, data, size);
    bytes->data = grown;
    bytes->size += size;
}

static inline Bytes read_file(const char *path) {
    Bytes bytes = {NULL, 0};
    uint8_t part[1 << 16];
    size_t size;
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    while ((size = fread(part, 1, sizeof part, file)) > 0) {
        append(&bytes, part, size);
    }
    CHECK(fclose(file) == 0);
    return bytes;
}

static inline void write_file(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK(fwrite(data, 1, size, file) == size);
    CHECK(fclose(file) == 0);
}

static inline int file_exists(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        fclose(file);
    }
    return file != NULL;
}

/* Buffers for a picture, with so many bytes of padding after each row. */
static inline AivcFrame allocate_frame(const AivcVideoFormat *format, size_t padding) {
    AivcFrame frame;
    memset(&frame, 0, sizeof frame);
    frame.struct_size = sizeof frame;
    OK(aivc_frame_layout(format, &frame));
    for (int plane = 0; plane < 3; plane++) {
        const size_t rows = frame.sizes[plane] / frame.strides[plane];
        frame.strides[plane] += padding;
        frame.sizes[plane] = rows * frame.strides[plane];
        frame.planes[plane] = allocate(frame.sizes[plane]);
        memset(frame.planes[plane], 0xa5, frame.sizes[plane]);
    }
    return frame;
}

static inline void free_frame(AivcFrame *frame) {
    for (int plane = 0; plane < 3; plane++) {
        free(frame->planes[plane]);
        frame->planes[plane] = NULL;
    }
}

/* The samples of a picture without padding. */
static inline Bytes tight_bytes(const AivcVideoFormat *format, const AivcFrame *frame) {
    Bytes bytes = {NULL, 0};
    AivcFrame layout;
    memset(&layout, 0, sizeof layout);
    layout.struct_size = sizeof layout;
    OK(aivc_frame_layout(format, &layout));
    for (int plane = 0; plane < 3; plane++) {
        const size_t rows = layout.sizes[plane] / layout.strides[plane];
        for (size_t row = 0; row < rows; row++) {
            const uint8_t *samples = (const uint8_t *)frame->planes[plane];
            append(&bytes, samples + row * frame->strides[plane], layout.strides[plane]);
        }
    }
    return bytes;
}

/* The left upper corner of each picture of a y4m clip in 8-bit 4:2:0. */
typedef struct {
    AivcVideoFormat format;
    size_t frame_count;
    AivcFrame *frames;
} Clip;

static inline Clip read_clip(const char *path, size_t limit, uint32_t width, uint32_t height,
                             size_t padding) {
    Clip clip;
    char line[256];
    unsigned source_width = 0, source_height = 0, numerator = 0, denominator = 0;
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    CHECK(sscanf(line, "YUV4MPEG2 W%u H%u F%u:%u", &source_width, &source_height, &numerator,
                 &denominator) == 4);
    CHECK(width <= source_width && height <= source_height);
    OK(aivc_video_format_init(&clip.format, sizeof clip.format));
    clip.format.width = width > 0 ? width : source_width;
    clip.format.height = height > 0 ? height : source_height;
    clip.format.frame_rate_numerator = numerator;
    clip.format.frame_rate_denominator = denominator;
    clip.frame_count = 0;
    clip.frames = (AivcFrame *)allocate(limit * sizeof(AivcFrame));
    while (clip.frame_count < limit && fgets(line, sizeof line, file) != NULL) {
        AivcFrame frame = allocate_frame(&clip.format, padding);
        CHECK(strncmp(line, "FRAME", 5) == 0);
        for (int plane = 0; plane < 3; plane++) {
            const size_t shift = plane > 0;
            const size_t row_bytes = (source_width + shift) >> shift;
            const size_t rows = (source_height + shift) >> shift;
            const size_t kept = frame.strides[plane] - padding;
            uint8_t *source = (uint8_t *)allocate(rows * row_bytes);
            CHECK(fread(source, row_bytes, rows, file) == rows);
            for (size_t row = 0; row * frame.strides[plane] < frame.sizes[plane]; row++) {
                memcpy((uint8_t *)frame.planes[plane] + row * frame.strides[plane],
                       source + row * row_bytes, kept);
            }
            free(source);
        }
        frame.presentation_ticks = (int64_t)clip.frame_count;
        clip.frames[clip.frame_count++] = frame;
    }
    CHECK(fclose(file) == 0);
    CHECK(clip.frame_count == limit);
    return clip;
}

static inline void free_clip(Clip *clip) {
    for (size_t index = 0; index < clip->frame_count; index++) {
        free_frame(&clip->frames[index]);
    }
    free(clip->frames);
}

static inline void write_y4m(const char *path, const Clip *clip) {
    char line[256];
    Bytes file = {NULL, 0};
    snprintf(line, sizeof line, "YUV4MPEG2 W%u H%u F%u:%u Ip A1:1 C420\n",
             (unsigned)clip->format.width, (unsigned)clip->format.height,
             (unsigned)clip->format.frame_rate_numerator,
             (unsigned)clip->format.frame_rate_denominator);
    append(&file, line, strlen(line));
    for (size_t index = 0; index < clip->frame_count; index++) {
        Bytes frame = tight_bytes(&clip->format, &clip->frames[index]);
        append(&file, "FRAME\n", 6);
        append(&file, frame.data, frame.size);
        free(frame.data);
    }
    write_file(path, file.data, file.size);
    free(file.data);
}

/* "FOLDER/NAME", until eight calls later. */
static inline const char *in_folder(const char *folder, const char *name) {
    static char paths[8][1024];
    static int next = 0;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

/* The clip as a stream in memory. */
static inline Bytes encode_clip(const Clip *clip, const AivcModel *model,
                                const AivcEncoderConfig *config) {
    AivcEncoder *encoder = NULL;
    const uint8_t *data = NULL;
    size_t size = 0;
    Bytes stream = {NULL, 0};
    OK(aivc_encoder_open_memory(model, &clip->format, config, &encoder));
    for (size_t index = 0; index < clip->frame_count; index++) {
        OK(aivc_encoder_send_frame(encoder, &clip->frames[index]));
    }
    OK(aivc_encoder_finish(encoder));
    OK(aivc_encoder_bytes(encoder, &data, &size));
    append(&stream, data, size);
    OK(aivc_encoder_free(encoder));
    return stream;
}

#endif
