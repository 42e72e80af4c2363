namespace JobSystem.Worker.Reporting;

/// <summary>Reads texts from user objects, whose code may throw or return null.</summary>
static class UserCodeText
{
    /// <summary>Reads a text. If that throws, returns a text with the type of the exception.</summary>
    /// <param name="what">What is read, for that text.</param>
    /// <param name="read">Reads it.</param>
    public static string Read(string what, Func<string?> read)
    {
        try
        {
            return read() ?? "";
        }
        catch (Exception exception)
        {
            return $"({what} cannot be read: it threw {exception.GetType().Name})";
        }
    }

    /// <summary>Replaces characters that cannot be stored in JSON and databases: NUL and unpaired surrogates.</summary>
    public static string MakeStorable(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
        {
            // Valid pairs are unchanged
            text = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
        }
        return text.Contains('\0') ? text.Replace('\0', '\uFFFD') : text;
    }

    /// <summary>Returns the beginning of a text, storable, with a mark if it was truncated.</summary>
    public static string Shorten(string? text, int maxLength, string mark = "…") =>
        text is null ? "" : text.Length <= maxLength ? MakeStorable(text) : string.Concat(MakeStorable(text[..maxLength]), mark);
}
