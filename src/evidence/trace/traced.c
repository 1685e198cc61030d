/* SPDX-License-Identifier: Apache-2.0 */
/* Processes in records of Windows traces: see traced.h. */
#include "evidence/trace/traced.h"

#include "base/text.h"

bool traced_image_cut(struct span image)
{
	bool exe = image.n > 4 && text_equal_nocase(span_of(image.p + image.n - 4, 4), ".exe");
	return image.n >= 14 && image.n <= 16 && !exe;
}

struct span traced_base_name(struct span path)
{
	for (size_t at = path.n; at > 0; at--)
		if (path.p[at - 1] == '\\')
			return span_of(path.p + at, path.n - at);
	return path;
}
