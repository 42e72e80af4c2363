namespace JobSystem.Gateway;

/// <summary>Names this assembly to a test host.</summary>
public sealed class GatewayMarker;
