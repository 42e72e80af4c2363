using System.Text;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>Puts messages together from their parts. The rest of a message whose sender was interrupted is dropped.</summary>
sealed class NotificationParts
{
    /// <summary>Lists are cut at about 1 MiB before.</summary>
    const int MaxParts = 1_000;
    NotificationText? last;
    readonly StringBuilder body = new();

    /// <summary>The whole body if this was its last part; null otherwise.</summary>
    public string? Add(NotificationText part)
    {
        var follows = last is { } before && (before.Instance, before.Number, before.Part + 1) == (part.Instance, part.Number, part.Part);
        if (part.Part == 0)
        {
            body.Clear();
        }
        if (part.Parts > MaxParts || (part.Part > 0 && !follows))
        {
            last = null;
            return null;
        }
        last = part;
        body.Append(part.Body);
        if (part.Part + 1 < part.Parts)
        {
            return null;
        }
        last = null;
        return body.ToString();
    }
}
