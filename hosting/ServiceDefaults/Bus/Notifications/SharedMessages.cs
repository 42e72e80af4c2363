namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>A published message that all instances have to hear.</summary>
/// <param name="Type">The message.</param>
/// <param name="OnlyIfWanted">It is sent only while another instance has said that it wants it (<see cref="WantedMessages.Want{T}"/>).</param>
public sealed record SharedMessage(Type Type, bool OnlyIfWanted);

/// <summary>The shared messages of this process by their names.</summary>
sealed class SharedMessages(IEnumerable<SharedMessage> messages)
{
    readonly Dictionary<string, SharedMessage> byName = messages.ToDictionary(x => x.Type.Name, StringComparer.Ordinal);

    public SharedMessage? Find(string name) => byName.GetValueOrDefault(name);

    public SharedMessage? Find(Type type) => Find(type.Name) is { } found && found.Type == type ? found : null;
}
